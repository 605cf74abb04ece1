/** Parses `6.0.6`, with or without more after it; undefined if it is not a version. */
export const parseVersion = (text: string | undefined): readonly number[] | undefined => {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text?.trim() ?? '')
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

/** Whether a version is this one or a newer one. */
export const atLeast = (version: readonly number[], least: readonly [number, number, number]): boolean => {
  const i = least.findIndex((part, at) => part !== (version[at] ?? 0))
  return i < 0 || (version[i] ?? 0) > least[i]!
}
