/**
 * How many of `hosts` run at a time. A percentage is rounded up, and keeps at least one of two or more hosts at work. Throws a TypeError
 * for an invalid size.
 */
export const hostShareSize = (size: number | string, hosts: number): number => {
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 1) return size
  const percent = typeof size === 'string' ? /^(\d{1,3})%$/.exec(size)?.[1] : undefined
  if (percent === undefined || Number(percent) < 1 || Number(percent) > 100)
    throw new TypeError(`${JSON.stringify(size)} is not a share of the hosts: write 2, or '25%'`)
  return Math.max(1, Math.min(hosts - 1, Math.ceil((hosts * Number(percent)) / 100)))
}
