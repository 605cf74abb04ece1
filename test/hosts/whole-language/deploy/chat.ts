import { defineRecipe } from 'shipit-ts'
import { secretSchema } from 'shipit-ts/kit'
import { z } from 'zod'

/** Posts a line when a deploy or a rollback has ended. */
export const chat = defineRecipe({
  name: 'chat',
  settings: z.object({ url: secretSchema(), channel: z.string().default('#deploys') }),
  tasks: {
    done: {
      on: 'local',
      run: ({ settings, reveal, stage, deploy, fail }) =>
        post(reveal(settings.url), settings.channel, `${stage}: ${deploy.shortRevision} is live`, fail),
    },
    failed: {
      on: 'local',
      run: ({ settings, reveal, stage, failure, fail }) =>
        post(reveal(settings.url), settings.channel, `${stage}: ${failure?.task} failed on ${failure?.host}`, fail),
    },
  },
  hooks: { after: { 'deploy:finished': 'chat:done', 'deploy:failed': 'chat:failed' } },
})

const post = async (url: string, channel: string, text: string, fail: (message: string) => never): Promise<void> => {
  const answer = await fetch(url, { method: 'POST', body: `${channel} ${text}` })
  if (!answer.ok) fail(`the chat answered ${answer.status}`)
}
