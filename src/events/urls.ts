import { MASK } from '../values/secret.ts'

/**
 * Masks what opens a door in addresses: passwords, tokens in the place of a user (`https://TOKEN@host`), values of a query that are named
 * like secrets, and what stands behind `Authorization:`.
 */
export const maskUrls = (text: string): string => {
  const open = text.includes('://') ? text.replace(ADDRESS, maskAddress) : text
  const asked = open.includes('=') && /[?&]/.test(open) ? open.replace(QUERY, `$1${MASK}`) : open
  return asked.includes('uthorization') || asked.includes('UTHORIZATION') ? asked.replace(HEADER, `$1${MASK}`) : asked
}

/** `scheme://` and all that follows without a blank, to the quote or bracket that closes what the one before the scheme opened. */
const ADDRESS = /(["'`<(]?)\b([a-z][a-z0-9+.-]*:\/\/)(\S+)/gi
const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '<': '>', '(': ')' }
/** Behind the last `@` of an address stands a host. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}_](?:[\p{L}\p{N}._-]*))/iu

/** What stands behind the `@` of a package, up to the end of the address. */
const VERSION = /^[~^v]?\d+(?:\.\d+){0,2}(?:[-+][\w.+-]*)?(?:\.tgz)?(?:$|[?#"'`<>()[\],;:](?!\d))/

const maskAddress = (_whole: string, quote: string, scheme: string, rest: string): string => {
  const next = NEXT.exec(rest)
  if (next) return maskAddress('', quote, scheme, rest.slice(0, next.index)) + maskUrls(rest.slice(next.index))
  const end = quote === '' ? -1 : closing(rest, CLOSING[quote]!)
  const inside = end < 0 ? rest : rest.slice(0, end)
  const at = userEnd(inside)
  const shown = at < 0 ? inside : shownUser(scheme, inside.slice(0, at)) + inside.slice(at)
  return `${quote}${scheme}${shown}${end < 0 ? '' : rest.slice(end)}`
}

/** Another address may follow without a blank. */
const NEXT = /["'`<(,;|][a-z][a-z0-9+.-]*:\/\//i

/** A closing quote may stand in the password: it is the first behind the last `@`, or the first of all. */
const closing = (rest: string, mark: string): number => {
  const end = rest.indexOf(mark, Math.max(0, userEnd(rest)))
  return end < 0 ? rest.indexOf(mark) : end
}

/** Where the user and password end: at the last `@` with a host behind it that is not in a path. -1: there are none. */
const userEnd = (rest: string): number => {
  for (let at = rest.lastIndexOf('@'); at > 0; at = rest.lastIndexOf('@', at - 1)) {
    if (!HOST.test(rest.slice(at + 1))) continue
    const user = rest.slice(0, at)
    const slash = user.search(/[/?#]/)
    if (slash < 0) return at
    const before = user.slice(0, slash)
    const [colon, first] = [before.indexOf(':'), before.indexOf('@')]
    // `user:pw@host/a@b` may be a password with `@host/a` in it: nothing of it is shown
    if (first >= 0) return (colon < 0 || colon > first) && /^(?:\[.*\]|[^:]*)(?::\d*)?$/.test(before.slice(first + 1)) ? first : at
    // `host/…@…` and `[::1]/…@…` are paths; `user:pa/ss@host` is a password that should have been encoded
    if (colon < 0 || before.startsWith('[')) continue
    // `host:8080/pkg@1.2` and `host:8080/@scope/pkg` are paths; in `user:12/34@host/x` a password may stand
    const port = /^[^:]+:\d*$/.test(before)
    if (!port || (!user.endsWith('/') && !VERSION.test(rest.slice(at + 1)))) return at
  }
  return -1
}

const shownUser = (scheme: string, user: string): string => {
  const colon = user.indexOf(':')
  const name = colon < 0 ? user : user.slice(0, colon)
  const shown = /^(?:git\+)?https?:/i.test(scheme) && !name.includes('@') && isToken(name) ? MASK : name
  return colon < 0 || user.length === colon + 1 ? shown + user.slice(name.length) : `${shown}:${MASK}`
}

/** No user's name: longer than one, or letters and digits mixed, or with the prefix of a token. */
const isToken = (user: string): boolean =>
  user !== MASK &&
  (user.length >= 20 ||
    /^(?:gh[a-z]_|github_pat_|glpat-|x-token)/i.test(user) ||
    (user.length >= 10 && /\d/.test(user) && /[a-z]/i.test(user)))

const QUERY =
  /([?&](?:[\w.[\]-]*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|access[_-]?key|private[_-]?key|signature|credential)|sig|auth|key)=)(?!\[secret\])[^&\s"'`<>#]+/gi
const HEADER = /(\bauthorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|token)\s+)?)(?!\[secret\]|(?:basic|bearer|token)\s)[^\s"',;]{6,}/gi
