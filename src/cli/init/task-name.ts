/** A name for tasks: letters, digits, "_" and "-", with a letter first. */
export const taskName = (text: string): string => {
  const name = text.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^[^A-Za-z]+|-+$/g, '')
  return name === '' ? 'service' : name
}

/** Makes names that are not among these, and different from each other. */
export const distinctNames = (taken: readonly string[]): ((wanted: string) => string) => {
  const names = new Set(taken)
  return (wanted) => {
    let name = wanted
    for (let i = 2; names.has(name); i++) name = `${wanted}-${i}`
    names.add(name)
    return name
  }
}
