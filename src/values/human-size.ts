/** A number of bytes to display: `12 bytes`, `3.4 kB`, `120 MB`, `1.2 GB` (powers of 1000, as `ls --si` and download pages have them). */
export const humanSize = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} byte${bytes === 1 ? '' : 's'}`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  // 999.96 kB would be 1000.0 kB
  return value >= 999.5 && power < units.length
    ? `1.0 ${units[power]}`
    : `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`
}
