/** Which methods a path takes: what the answer 405 has to say (RFC 9110, 15.5.6), and the router does not tell. */
export class AllowedMethods {
  /** Path, with `:name` for a part that may be anything → its methods. */
  readonly #paths = new Map<string, Set<string>>();

  add(path: string, methods: string | readonly string[]): void {
    this.#paths.set(path, new Set([...(this.#paths.get(path) ?? []), ...[methods].flat()]));
  }

  /** Methods of the path of a target, in the order of their names; empty when there is nothing at it. */
  of(target: string): string[] {
    const path = target.split('?', 1)[0] as string;
    const fitting = [...this.#paths].filter(([pattern]) =>
      fits(pattern.split('/'), path.replace(/\/$/, '').split('/')),
    );
    return [...new Set(fitting.flatMap(([, methods]) => [...methods]))].toSorted();
  }

  /** The method is one of a path that has a name at the end, where this target has nothing: `/categories/`. */
  lacksName(target: string, method: string): boolean {
    const parts = (target.split('?', 1)[0] as string).split('/');
    return (
      parts.at(-1) === '' &&
      [...this.#paths].some(([pattern, methods]) => methods.has(method) && fits(pattern.split('/'), parts))
    );
  }
}

const fits = (pattern: readonly string[], parts: readonly string[]): boolean =>
  pattern.length === parts.length && pattern.every((part, i) => part.startsWith(':') || part === parts[i]);
