/** A time span that systemd prints, such as `1min 30s`, in seconds; undefined for `infinity`, or if there is none. */
export const seconds = (text: string): number | undefined => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|min|month|s|h|d|w|y)\b/g)]
  return parts.length === 0 ? undefined : parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit!]!, 0)
}

const UNITS: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  month: 2_629_800,
  y: 31_557_600,
}
