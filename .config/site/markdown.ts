import GithubSlugger from 'github-slugger'
import MarkdownIt, { type Token } from 'markdown-it'
import { codeBlock, inlineCode } from './code.ts'

export interface Heading {
  readonly level: number
  readonly id: string
  readonly text: string
}

/** A link or an image. `set` replaces its target before the page is rendered. */
export interface Link {
  readonly href: string
  readonly line: number
  readonly isImage: boolean
  readonly set: (href: string) => void
}

/** What is wrong in a page, and where. */
export interface Problem {
  readonly line: number
  readonly message: string
}

export interface Parsed {
  readonly title: string
  readonly tokens: Token[]
  readonly headings: readonly Heading[]
  readonly links: readonly Link[]
  readonly problems: readonly Problem[]
}

/** GitHub shows these too. Attributes are not wanted: links in HTML would escape the check of links. */
const TAGS = /^<\/?(?:br|details|kbd|sub|summary|sup)(?: \/|\/)?>$/

const md = new MarkdownIt({ html: true, linkify: true })
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false })
md.renderer.rules['fence'] = (tokens, at) => codeBlock(tokens[at]!.content, tokens[at]!.info.trim())
md.renderer.rules['code_block'] = (tokens, at) => codeBlock(tokens[at]!.content, '')
md.renderer.rules['code_inline'] = (tokens, at) => inlineCode(tokens[at]!.content)
md.renderer.rules['table_open'] = () => '<div class="table" tabindex="0"><table>\n'
md.renderer.rules['table_close'] = () => '</table></div>\n'
md.renderer.rules['heading_close'] = (tokens, at) => {
  const { tag } = tokens[at]!
  const id = tokens[at - 2]!.attrGet('id') ?? ''
  return tag === 'h1' ? '</h1>\n' : `&nbsp;<a class="anchor" href="#${id}" aria-label="Link to this section">#</a></${tag}>\n`
}
md.renderer.rules['html_block'] = (tokens, at) => withoutComments(tokens[at]!.content)
md.renderer.rules['html_inline'] = (tokens, at) => withoutComments(tokens[at]!.content)

/** Reads a page. Its headings get the ids that GitHub gives them. */
export function parse(text: string): Parsed {
  const tokens = md.parse(text, {})
  const slugger = new GithubSlugger()
  const headings = tokens.flatMap((token, at) => {
    if (token.type !== 'heading_open') return []
    const heading = textOf(tokens[at + 1]!)
    const id = slugger.slug(heading)
    token.attrSet('id', id)
    return [{ level: Number(token.tag.slice(1)), id, text: heading }]
  })
  nameRows(tokens)
  const inline = tokens.flatMap((token) => placed(token))
  return {
    title: headings.find(({ level }) => level === 1)?.text ?? '',
    tokens,
    headings,
    links: inline.flatMap(({ token, line }) => linkOf(token, line)),
    problems: [
      ...(headings.filter(({ level }) => level === 1).length === 1 ? [] : [{ line: 1, message: 'a page has one heading with a single #' }]),
      ...inline.flatMap(({ token, line }) => unknownTags(token).map((tag) => ({ line, message: `${tag} is HTML: put it in backticks` }))),
    ],
  }
}

export function render(tokens: Token[]): string {
  return md.renderer.render(tokens, md.options, {})
}

/** The text of a token, without marks. */
export function textOf(token: Token): string {
  if (token.children === null) return token.content
  return token.children
    .map(({ type, content }) => (type === 'softbreak' || type === 'hardbreak' ? ' ' : type === 'html_inline' ? '' : content))
    .join('')
}

/** Gives an id to each row of a table that begins with code, such as a setting, an option or an error, for the search. */
function nameRows(tokens: readonly Token[]): void {
  const slugger = new GithubSlugger()
  for (const [at, token] of tokens.entries()) {
    const first = tokens[at + 2]
    if (token.type !== 'tr_open' || first?.children?.[0]?.type !== 'code_inline') continue
    token.attrSet('id', `row-${slugger.slug(textOf(first).slice(0, 60))}`)
  }
}

/** A token and those in it, each with its line. */
function placed(token: Token): { readonly token: Token; readonly line: number }[] {
  const first = (token.map?.[0] ?? 0) + 1
  let breaks = 0
  return [
    { token, line: first },
    ...(token.children ?? []).map((child) => {
      if (child.type === 'softbreak' || child.type === 'hardbreak') breaks++
      return { token: child, line: first + breaks }
    }),
  ]
}

function linkOf(token: Token, line: number): Link[] {
  const name = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : undefined
  if (name === undefined) return []
  return [{ href: String(token.attrGet(name) ?? ''), line, isImage: name === 'src', set: (href) => token.attrSet(name, href) }]
}

function unknownTags({ type, content }: Token): string[] {
  if (type !== 'html_block' && type !== 'html_inline') return []
  return (withoutComments(content).match(/<[^>]*>?/g) ?? []).filter((tag) => !TAGS.test(tag))
}

function withoutComments(html: string): string {
  return html.replaceAll(/<!--[^]*?-->\n?/g, '')
}
