/** Sorts by host, in the order of `hosts`, as the inventory has them. What is of no host comes first, what is of another one last. */
export const inHostOrder = <T>(
  all: readonly T[],
  hostOf: (one: T) => string | undefined,
  hosts: readonly string[] | undefined,
): readonly T[] => {
  if (hosts === undefined || all.length < 2) return all
  const places = new Map(hosts.map((host, i) => [host, i]))
  const placeOf = (host: string | undefined): number => (host === undefined ? -1 : (places.get(host) ?? hosts.length))
  return all.toSorted((a, b) => placeOf(hostOf(a)) - placeOf(hostOf(b)))
}

/**
 * The same within what is equal in `same`, in the order of the first of each: what happened first stays first, and its hosts are in the
 * order of the inventory, not in that in which they came to it.
 */
export const groupsInHostOrder = <T>(
  all: readonly T[],
  same: (one: T) => unknown,
  hostOf: (one: T) => string | undefined,
  hosts: readonly string[] | undefined,
): readonly T[] => [...Map.groupBy(all, same).values()].flatMap((group) => inHostOrder(group, hostOf, hosts))
