import { Kind } from '../channel/messages.ts'
import { barePost } from '../channel/post.ts'
import { threadData } from '../channel/thread-data.ts'

/** Tells the owner of a thread that it runs, before anything is loaded that the channel needs. */
export function postReady(): void {
  threadData().channel.postMessage(barePost(Kind.ready))
}
