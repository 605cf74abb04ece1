/** What a condition leaves in a list: `[isProduction && 'a']`. Lists of a config or a recipe may hold it; it counts as not being there. */
export type Absent = false | null | undefined

export const isPresent = <T>(item: T): item is Exclude<T, Absent> => item !== false && item !== null && item !== undefined

/** The items that are there. */
export const present = <T>(list: readonly T[]): Exclude<T, Absent>[] => list.filter(isPresent)
