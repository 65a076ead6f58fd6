import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Bitfield } from './bitfield.ts';

test('index 0 is the high bit of byte 0 (BEP 3)', () => {
  const field = new Bitfield(10);
  field.add(0);
  field.add(9);
  assert.deepEqual([...field.bytes], [0x80, 0x40]);
});

test('after any series of changes, membership, count and order agree with a plain set', () => {
  const change = fc.tuple(fc.constantFrom('add', 'delete'), fc.integer({ min: 0, max: 70 }));
  fc.assert(
    fc.property(fc.nat(70), fc.boolean(), fc.array(change), (size, isFull, changes) => {
      const field = isFull ? Bitfield.full(size) : new Bitfield(size);
      const model = new Set<number>(isFull ? Array.from({ length: size }, (_, index) => index) : []);
      for (const [kind, index] of changes) {
        const changed = kind === 'add' ? field.add(index) : field.delete(index);
        const isChange = index < size && (kind === 'add' ? !model.has(index) : model.has(index));
        assert.equal(changed, isChange);
        if (isChange && kind === 'add') model.add(index);
        else if (isChange) model.delete(index);
      }
      assert.deepEqual(
        [...field],
        [...model].sort((a, b) => a - b),
      );
      assert.equal(field.count, model.size);
      assert.equal(field.isEmpty, model.size === 0);
      assert.equal(field.isComplete, model.size === size);
      assert.deepEqual(Bitfield.fromWire(field.bytes, size)?.count, model.size);
      assert.deepEqual([...field.clone()], [...field]);
    }),
  );
});

test('indices outside the field are never members and change nothing', () => {
  const field = Bitfield.full(10);
  for (const index of [-1, 10, 15, 16, 1000, 2 ** 31, 2 ** 32 - 1]) {
    assert.equal(field.has(index), false, `has ${index}`);
    assert.equal(field.add(index), false, `add ${index}`);
    assert.equal(field.delete(index), false, `delete ${index}`);
  }
  assert.equal(field.count, 10);
});

test('a full field has no spare bit set, whatever its size', () => {
  for (let size = 0; size <= 17; size++) {
    const field = Bitfield.full(size);
    assert.equal(field.isComplete, true);
    assert.deepEqual(
      [...field],
      Array.from({ length: size }, (_, i) => i),
    );
    assert.notEqual(Bitfield.fromWire(field.bytes, size), null);
  }
});

test('wire bytes of the wrong length are refused', () => {
  assert.equal(Bitfield.fromWire(new Uint8Array(1), 9), null);
  assert.equal(Bitfield.fromWire(new Uint8Array(3), 9), null);
});

test('wire bytes with a spare bit set are refused', () => {
  assert.equal(Bitfield.fromWire(Uint8Array.of(0xff, 0xc0), 9), null);
  assert.equal(Bitfield.fromWire(Uint8Array.of(0xff, 0x80), 9)?.isComplete, true);
});

test('a field from wire bytes does not change with them', () => {
  const wire = Uint8Array.of(0x80);
  const field = Bitfield.fromWire(wire, 8);
  wire[0] = 0;
  assert.equal(field?.has(0), true);
});

test('a clone goes its own way', () => {
  const field = Bitfield.full(9);
  const copy = field.clone();
  copy.delete(8);
  assert.equal(field.isComplete, true);
  assert.equal(copy.count, 8);
});

test('clear empties the field', () => {
  const field = Bitfield.full(9);
  field.clear();
  assert.equal(field.isEmpty, true);
  assert.deepEqual([...field], []);
});
