/**
 * In the place of a recipe's settings in `use`, or of one of them: each stage gives it, in its `settings`. A stage that does not is an
 * error of the config: exit 2, before connecting. The symbol is shared by all copies of the library in a process.
 */
export const perStage: unique symbol = Symbol.for('shipit-ts.perStage')

/** Settings as given at `use`, without those that each stage gives, and which these are; `all`: every required one. */
export const withoutPerStage = (
  given: Readonly<Record<string, unknown>> | typeof perStage,
): { readonly given: Readonly<Record<string, unknown>>; readonly perStage: 'all' | readonly string[] } => {
  if (given === perStage) return { given: {}, perStage: 'all' }
  const entries = Object.entries(given)
  return {
    given: Object.fromEntries(entries.filter(([, value]) => value !== perStage)),
    perStage: entries.flatMap(([key, value]) => (value === perStage ? [key] : [])),
  }
}
