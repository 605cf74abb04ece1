import type { Command } from './command.ts'
import { EXEC_OPTIONS, LOCK_OPTIONS, LOGS_OPTIONS } from './own-options.ts'

// Commands that do one thing on the hosts, without tasks.

export const SSH: Command = {
  name: 'ssh',
  help: [['shipit STAGE ssh [HOST]', 'open a shell on a host, in the live release']],
  afterStage: true,
  takes: ['hosts', 'roles', 'branch', 'set', 'config', 'yes', 'answer'],
  own: [],
  noun: 'a shell',
  examples: [
    ['shipit production ssh', 'on the primary'],
    ['shipit production ssh --roles worker', 'on the primary of a role'],
  ],
  codes: [
    ['0 to 255', 'the exit code of the shell'],
    ['2', 'usage or config'],
    ['3', 'the host could not be reached or trusted, or the connection was lost'],
  ],
  guard: () => 'stderr',
  load: async () => (await import('./commands/ssh.ts')).openShell,
}

export const EXEC: Command = {
  name: 'exec',
  help: [['shipit STAGE exec -- COMMAND', 'run a command on the hosts; equal answers are shown once']],
  afterStage: true,
  takes: ['hosts', 'roles', 'branch', 'set', 'config', 'yes', 'answer', 'log'],
  own: EXEC_OPTIONS,
  takesRest: true,
  noun: 'a command on the hosts',
  examples: [
    ['shipit production exec -- uptime', 'on every host'],
    ["shipit production exec -r db -- 'df / | tail -1'", 'one word with blanks is a line for /bin/sh'],
    ['shipit production exec --in shared -- ls -l log', 'several words arrive as typed: nothing expands them'],
  ],
  codes: [
    ['0', 'it exited with 0 on every host'],
    ['1', 'it failed on a host'],
    ['2', 'usage or config'],
    ['3', 'a host could not be reached or trusted; the others ran it'],
    ['129, 130, 143', 'interrupted; what ran was ended'],
  ],
  guard: () => 'stderr',
  load: async () => (await import('./commands/exec.ts')).runExec,
}

export const LOGS: Command = {
  name: 'logs',
  help: [['shipit STAGE logs [NAME]', 'show the logs of the application on all hosts, by time']],
  afterStage: true,
  takes: ['hosts', 'roles', 'branch', 'set', 'config', 'yes', 'answer'],
  own: LOGS_OPTIONS,
  noun: 'the logs',
  examples: [
    ['shipit production logs --since 30m', 'the last half hour of every log'],
    ['shipit production logs puma --follow', 'one log, until Ctrl-C'],
  ],
  codes: [
    ['0', 'shown; Ctrl-C while following'],
    ['1', 'a log could not be read, or there is none'],
    ['2', 'usage or config'],
    ['3', 'a host could not be reached or trusted; the others are shown'],
    ['129, 130, 143', 'interrupted'],
  ],
  guard: () => 'stderr',
  load: async () => (await import('./commands/logs.ts')).runLogs,
}

export const LOCK: Command = {
  name: 'lock',
  help: [['shipit STAGE lock -m REASON', 'lock the hosts until you unlock them: no deploy, no rollback']],
  afterStage: true,
  takes: ['hosts', 'roles', 'branch', 'set', 'config', 'yes', 'answer', 'output', 'log', 'quiet', 'wait-for-lock'],
  own: LOCK_OPTIONS,
  noun: 'a lock',
  examples: [["shipit production lock -m 'moving the database'", 'until shipit production unlock']],
  codes: [
    ['0', 'locked on all hosts'],
    ['1', 'it could not be written on a host, so none is locked'],
    ['2', 'usage or config'],
    ['3', 'a host could not be reached or trusted, so none is locked'],
    ['4', 'locked already, or a run is under way'],
    ['129, 130, 143', 'interrupted; none is locked'],
  ],
  guard: ({ output }) => (output === 'jsonl' ? 'stderr' : 'stdout'),
  load: async () => (await import('./commands/lock.ts')).runLock,
}

export const UNLOCK: Command = {
  name: 'unlock',
  help: [['shipit STAGE unlock', 'unlock the hosts, whoever locked them']],
  afterStage: true,
  takes: ['hosts', 'roles', 'branch', 'set', 'config', 'yes', 'answer', 'output', 'log', 'quiet'],
  own: [],
  noun: 'unlocking',
  examples: [['shipit production unlock', 'on all hosts']],
  codes: [
    ['0', 'no host is locked any more'],
    ['1', 'a host could not be unlocked'],
    ['2', 'usage or config'],
    ['3', 'a host could not be reached or trusted, so none was unlocked'],
    ['129, 130, 143', 'interrupted'],
  ],
  guard: ({ output }) => (output === 'jsonl' ? 'stderr' : 'stdout'),
  load: async () => (await import('./commands/lock.ts')).runUnlock,
}
