/** What `--output` takes. */
export const OUTPUTS = ['tree', 'plain', 'jsonl', 'github', 'gitlab'] as const
export type OutputName = (typeof OUTPUTS)[number]

type Env = Readonly<Record<string, string | undefined>>

/** Whether nobody watches, although there may be a terminal: a job of any CI. */
export const inCi = (env: Env): boolean => env.CI !== undefined && !['', '0', 'false'].includes(env.CI)
/** Whether this is a job of GitHub Actions, by its default variables, which Forgejo and Gitea set too. */
export const inGithub = (env: Env): boolean => env.GITHUB_ACTIONS === 'true'
/** Whether this is a job of GitLab CI ("Predefined CI/CD variables" in its documentation). */
export const inGitlab = (env: Env): boolean => env.GITLAB_CI === 'true'
