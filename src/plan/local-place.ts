/** One text for a path of this machine, however it is written; `base`: the folder that it is relative to. Links on the way are not known. */
export const localPlace = (written: string, base = '.'): string => {
  const whole = written.startsWith('/') ? written : `${base}/${written}`
  const root = whole.startsWith('/') ? '/' : ''
  const names: string[] = []
  for (const name of whole.split('/')) {
    if (name === '..' && (root !== '' || (names.length > 0 && names.at(-1) !== '..'))) names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `${root}${names.join('/')}`
}
