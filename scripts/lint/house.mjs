/** The house's own lint rule, loaded by .oxlintrc.json. */

/** A class with many fields is several owners in one: state is split by owner, not only functions (ARCHITECTURE.md). */
const maxClassFields = {
  meta: { type: 'suggestion', schema: [{ type: 'integer' }] },
  create(context) {
    const limit = context.options[0];
    return {
      ClassBody(node) {
        const fields = node.body.filter((member) => member.type === 'PropertyDefinition' && !member.static);
        if (fields.length <= limit) return;
        context.report({ node, message: `This class has ${fields.length} fields; at most ${limit} are allowed.` });
      },
    };
  },
};

export default { meta: { name: 'house' }, rules: { 'max-class-fields': maxClassFields } };
