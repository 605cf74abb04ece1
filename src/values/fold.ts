/** Things that are shown once: the first of them stands for all. */
export type Fold<T> = readonly [T, ...T[]]

/** Folds things that are equal in what `same` makes of them, compared as JSON. In the order of the first of each. */
export const fold = <T>(all: Iterable<T>, same: (one: T) => unknown): readonly Fold<T>[] => [
  // a group has at least the one that began it
  ...(Map.groupBy(all, (one) => JSON.stringify(same(one))).values() as Iterable<[T, ...T[]]>),
]
