import MiniSearch, { type SearchResult } from 'minisearch'
import { SEARCH, type Section } from '../search-options.ts'

declare global {
  /** Set by `search-index.js`. */
  var searchIndex: string | undefined
}

const MOST = 12
let index: Promise<MiniSearch<Section>> | undefined

/** The search field: `/` or Ctrl-K goes there, arrows choose a result, Enter opens it. The index is loaded when it is first used. */
export function startSearch(): void {
  const form = document.querySelector<HTMLFormElement>('form.search')
  const input = form?.querySelector('input')
  const list = form?.querySelector('ul')
  if (!form || !input || !list) return
  form.hidden = false
  const update = async (): Promise<void> => {
    const asked = input.value.trim()
    const found = asked === '' ? [] : (await load()).search(asked).slice(0, MOST)
    if (asked !== input.value.trim()) return
    list.replaceChildren(...(asked !== '' && found.length === 0 ? [nothing(asked)] : found.map((result) => item(result))))
    list.hidden = asked === ''
  }
  input.addEventListener('focus', () => void load())
  input.addEventListener('input', () => void update())
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    list.querySelector('a')?.click()
  })
  form.addEventListener('keydown', (event) => move(event, input, list))
  form.addEventListener('focusout', (event) => {
    if (!form.contains(event.relatedTarget as Node | null)) list.hidden = true
  })
  form.addEventListener('focusin', () => {
    list.hidden = list.childElementCount === 0
  })
  list.addEventListener('click', () => {
    list.hidden = true
  })
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement
    if ((event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) || (event.key === 'k' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault()
      input.focus()
      input.select()
    }
  })
}

function move(event: KeyboardEvent, input: HTMLInputElement, list: HTMLUListElement): void {
  const links = [input, ...list.querySelectorAll('a')]
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (event.key === 'Escape') {
    input.value = ''
    list.replaceChildren()
    list.hidden = true
    input.blur()
  } else if (step !== undefined) {
    event.preventDefault()
    links[links.findIndex((link) => link === document.activeElement) + step]?.focus()
  }
}

/** Loads the index as a script, which works for a site in a folder on disk too. */
function load(): Promise<MiniSearch<Section>> {
  index ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = `${base()}search-index.js`
    script.addEventListener('load', () => resolve(MiniSearch.loadJSON(globalThis.searchIndex ?? '', SEARCH)))
    script.addEventListener('error', () => reject(new Error(`cannot load ${script.src}`)))
    document.head.append(script)
  })
  return index
}

function base(): string {
  return document.body.dataset['base'] ?? ''
}

function item(result: SearchResult): HTMLLIElement {
  const { id, title, page, text, terms } = result as SearchResult & Section
  const link = document.createElement('a')
  link.href = base() + id
  link.append(element('b', title), element('small', page), excerpt(text, terms))
  const li = document.createElement('li')
  li.append(link)
  return li
}

function nothing(asked: string): HTMLLIElement {
  return element('li', `Nothing found for “${asked}”`)
}

/** The part of the text that has most of the words that were found, which are marked. */
function excerpt(text: string, terms: readonly string[]): HTMLElement {
  // terms are letters and digits, nothing that an expression would read otherwise; longer ones first, so that they are marked whole
  const words = new RegExp(`(${terms.toSorted((a, b) => b.length - a.length).join('|')})`, 'giu')
  const places = [...text.matchAll(words)].map(({ index, 0: word }) => ({ index, word: word.toLowerCase() }))
  const near = (from: number): number =>
    new Set(places.filter(({ index }) => index >= from && index < from + 110).map(({ word }) => word)).size
  const best = places.reduce((one, { index }) => (near(index) > near(one) ? index : one), places[0]?.index ?? 0)
  const start = best < 40 ? 0 : text.indexOf(' ', best - 40) + 1
  const whole = text.length <= start + 150
  const part = whole ? text.slice(start) : text.slice(start, text.lastIndexOf(' ', start + 150))
  const marked = element('span', start > 0 ? '… ' : '')
  marked.append(...part.split(words).map((piece, i) => (i % 2 === 1 ? element('mark', piece) : piece)), whole ? '' : ' …')
  return marked
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, text: string): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.textContent = text
  return made
}
