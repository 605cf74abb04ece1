/** The gems of an application, without those that only development and tests have: `bundler()` does not install these. */
export const gemsIn = (gemfile: string | undefined, lock: string | undefined): ReadonlySet<string> => {
  const declared = declarations(gemfile ?? '')
  const names = lock === undefined ? declared.map(({ name }) => name) : [...lock.matchAll(/^ {4}([\w.-]+) \(/gm)].map(([, name]) => name!)
  const left = new Set(
    declared.filter(({ name, local }) => local && !declared.some((other) => other.name === name && !other.local)).map(({ name }) => name),
  )
  return new Set(names.filter((name) => !left.has(name)))
}

/** The gems that a Gemfile names, line by line. `local`: in groups of development and tests alone. */
const declarations = (gemfile: string): readonly { readonly name: string; readonly local: boolean }[] => {
  const blocks: boolean[] = []
  const found: { name: string; local: boolean }[] = []
  for (const line of gemfile.split(/\r?\n/)) {
    const [, name, rest = ''] = /^\s*gem[\s(]+['"]([\w.-]+)['"](.*)/.exec(line) ?? []
    const group = /^\s*group\b(.*)\bdo\b/.exec(line)?.[1]
    if (name !== undefined)
      found.push({ name, local: blocks.includes(true) || isLocal(/\bgroups?(?::|"?\s*=>)\s*(\[[^\]]*\]|:\w+)/.exec(rest)?.[1]) })
    else if (group !== undefined) blocks.push(isLocal(group))
    else if (/\bdo\b\s*(\|[^|]*\|)?\s*(#.*)?$/.test(line) || /^\s*(if|unless|case|begin)\b/.test(line)) blocks.push(false)
    else if (/^\s*end\b/.test(line)) blocks.pop()
  }
  return found
}

const isLocal = (groups: string | undefined): boolean => {
  const names = [...(groups ?? '').matchAll(/[:'"%\s[]([a-z_]\w*)/gi)].map(([, name]) => name!).filter((name) => name !== 'i')
  return names.length > 0 && names.every((name) => name === 'development' || name === 'test')
}
