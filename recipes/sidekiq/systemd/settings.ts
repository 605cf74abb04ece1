/** What of the generated units can be set. */
export const unitSettings = {}
