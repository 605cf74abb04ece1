/** Whether one of the patterns names a path (`a/b`), or a folder around it. See `UploadOptions.exclude`. */
export const excluder = (patterns: readonly string[]): ((path: string) => boolean) => {
  const all = patterns.map((pattern) => {
    const plain = pattern.replace(/^\.?\/+/, '').replace(/\/+$/, '')
    const anchored = /\//.test(pattern.replace(/\/+$/, ''))
    return new RegExp(`^${anchored ? '' : '(?:.*/)?'}${expression(plain)}(?:/|$)`, 's')
  })
  return (path) => all.some((one) => one.test(path))
}

/** `**` is any text, also across folders (`**` and a slash: none or more folders), `*` and `?` are any text within a name. */
const expression = (pattern: string): string =>
  pattern.replace(/\*\*\/|\*\*|\*|\?|[^*?]+/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
  })
