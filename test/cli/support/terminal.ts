import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Terminal {
  /** what is on the screen, without the empty lines below it */
  screen(): string
  /** everything that has been on it */
  history(): string
  /** Resolves to the screen as soon as it matches. */
  until(seen: RegExp): Promise<string>
  /** keys as tmux names them: 'C-c', 'Enter' */
  keys(...keys: string[]): void
  type(text: string): void
  resize(columns: number, rows: number): void
}

/** Terminals of one test file, each 80x24 by default, in a tmux of its own. */
export const terminals = () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-tmux-'))
  const tmux = (...args: string[]) => spawnSync('tmux', ['-S', join(dir, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' })
  after(() => {
    tmux('kill-server')
    rmSync(dir, { recursive: true, force: true })
  })
  return (
    name: string,
    words: readonly string[],
    o: { cwd: string; env?: Readonly<Record<string, string>>; columns?: number; rows?: number },
  ): Terminal => {
    const env = Object.entries(o.env ?? {}).map(([key, value]) => `${key}=${quoted(value)}`)
    const command = `cd ${quoted(o.cwd)}; env -u CI -u NO_COLOR -u FORCE_COLOR ${env.join(' ')} ${words.map(quoted).join(' ')}; echo "exit $?"; sleep 100`
    tmux('new-session', '-d', '-s', name, '-x', String(o.columns ?? 80), '-y', String(o.rows ?? 24), command)
    const capture = (...more: string[]) => tmux('capture-pane', '-p', '-t', name, ...more).stdout.trimEnd()
    const screen = (): string => capture()
    return {
      screen,
      history: () => capture('-S', '-'),
      until: async (seen) => {
        for (let i = 0; i < 900; i++) {
          const text = screen()
          if (seen.test(text)) return text
          await sleep(50)
        }
        throw new Error(`${seen} is not seen:\n${screen()}`)
      },
      keys: (...keys) => void tmux('send-keys', '-t', name, ...keys),
      resize: (columns, rows) => void tmux('resize-window', '-t', name, '-x', String(columns), '-y', String(rows)),
      type: (text) => void tmux('send-keys', '-t', name, '-l', text),
    }
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
