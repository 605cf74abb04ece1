import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Whether the host field of a known_hosts line matches `name` (lower case, `[host]:port` if the port is not 22). `*` and `?` are wildcards,
 * `!pattern` excludes a name, `|1|salt|hash` is a hashed name.
 */
export const matchesHost = (patterns: string, name: string): boolean => {
  if (patterns.startsWith('|')) return matchesHash(patterns, name)
  let found = false
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!')
    if (!glob((negated ? pattern.slice(1) : pattern).toLowerCase(), name)) continue
    if (negated) return false
    found = true
  }
  return found
}

/** A name as `HashKnownHosts yes` writes it: HMAC-SHA1 with a random salt as its key. */
export const hashHost = (name: string, salt: Buffer = randomBytes(20)): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`

const matchesHash = (hashed: string, name: string): boolean => {
  const match = /^\|1\|([A-Za-z0-9+/=]+)\|([A-Za-z0-9+/=]+)$/.exec(hashed)
  if (!match) return false
  const expected = Buffer.from(match[2]!, 'base64')
  const actual = createHmac('sha1', Buffer.from(match[1]!, 'base64')).update(name).digest()
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/**
 * Matches `*` and `?`. Two cursors and one backtracking point: fast enough for any line of an untrusted file, unlike a regular expression.
 */
export const glob = (pattern: string, text: string): boolean => {
  let p = 0
  let star = -1
  let resume = 0
  for (let t = 0; t < text.length;) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] === text[t] && pattern[p] !== '*'))) {
      p++
      t++
    } else if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
