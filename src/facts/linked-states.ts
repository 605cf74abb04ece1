import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { Path } from '../values/path.ts'
import { LINKED_FILE_PROBLEMS, lookFunction, type LinkedFileProblem } from './linked-files.ts'

/** What a host has in the place of a linked file. */
export interface LinkedState {
  /** `file`: a file that can be read, perhaps through a link; `unread`: one that cannot; otherwise why it cannot be linked */
  readonly what: 'file' | 'unread' | LinkedFileProblem
  /** it is a link */
  readonly link: boolean
  /** of a file that can be read: its size in bytes, its mode, and its SHA-256 in hex */
  readonly size?: number
  readonly mode?: number
  readonly sum?: string
}

/** Whether a host lacks the file, so that it can be put there. */
export const isMissing = ({ what }: LinkedState): boolean => what === 'missing' || what === 'homeless'

/** What is wrong with the file, after its path. */
export const stateProblem = (what: Exclude<LinkedState['what'], 'file'>): string =>
  what === 'unread' ? 'cannot be read' : LINKED_FILE_PROBLEMS[what]

/** Reads the states of linked files, a line each, in their order. */
export const linkedStates = (files: readonly string[], { shared, releases }: { readonly shared: Path; readonly releases: Path }): Command =>
  sh`
${lookFunction(releases)}
if command -v sha256sum >/dev/null; then sum() { sha256sum; }; else sum() { shasum -a 256; }; fi
if stat -c %a / >/dev/null 2>&1; then mode() { stat -Lc %a "$1"; }; else mode() { stat -Lf %Lp "$1"; }; fi
for file in ${files.map((file) => shared.join(file))}; do
  look "$file"
  link=- size=- mode=- sum=-
  if [ -L "$file" ]; then link=link; fi
  if [ -z "$what" ]; then
    if [ -r "$file" ]; then what=file size=$(wc -c < "$file") mode=$(mode "$file") sum=$(sum < "$file")
    else what=unread
    fi
  fi
  echo "$what" "$link" $size "$mode" "$sum"
done
`.title('look at the linked files')

/** The answer to {@link linkedStates}, by the file. */
export const parseLinkedStates = (answer: string, files: readonly string[]): ReadonlyMap<string, LinkedState> => {
  const lines = answer.split('\n')
  return new Map(
    files.flatMap((file, i): (readonly [string, LinkedState])[] => {
      const [what = '', link, size, mode = '', sum = ''] = (lines[i] ?? '').split(' ')
      if (what === 'file') return [[file, { what, link: link === 'link', size: Number(size), mode: Number.parseInt(mode, 8), sum }]]
      return isProblem(what) ? [[file, { what, link: link === 'link' }]] : []
    }),
  )
}

const isProblem = (word: string): word is 'unread' | LinkedFileProblem => word === 'unread' || Object.hasOwn(LINKED_FILE_PROBLEMS, word)
