import type { PoolCore } from './core.ts'
import { Inbox } from './inbox.ts'
import { Intake } from './intake.ts'
import { snapshotUntilRefused } from './items.ts'
import { Extent } from './extent.ts'
import type { StreamOptions } from './options.ts'
import { withProgress } from './progress.ts'
import { ResultStream } from './stream.ts'
import type { Work } from './work.ts'

/** Starts `imap` or `imapUnordered`. */
export function startStream<R>(
  core: PoolCore,
  verb: 'imap' | 'imapUnordered',
  fn: (...args: never[]) => unknown,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  options: StreamOptions,
): ResultStream<R> {
  const inbox = new Inbox<R>(verb === 'imap', options.onError === 'settle')
  const extent = new Extent(items, options.length)
  const { onError: _, buffer, ...common } = options
  const sink = withProgress(inbox, options.progress, extent, (reason) => work.abort(reason, 'broke'))
  const intake = new Intake(items, {
    room: () => (buffer ?? core.readAhead(work)) - (extent.pulled - inbox.given),
    pulled: (values) => {
      const { items, refused } = snapshotUntilRefused(values, extent.pulled, core.options.sharesMemory)
      extent.pulled += items.length
      work.add(items)
      if (refused !== undefined) throw refused.reason
    },
    ended: (error) => {
      extent.isOver = true
      work.complete(error)
    },
  })
  const how = { verb, star: false, isWhole: false, ...common }
  const work: Work = intake.startWith(() =>
    core.work(fn, how, sink, {
      progressed: () => {
        // After an error nothing more is pulled until the reader asks again: it may have left.
        if (!inbox.unread) intake.pull()
        else core.dropAbandonedSoon()
      },
      finished: () => intake.leave(),
      abandoned: () => inbox.unread && work.open === 0,
    }),
  )
  intake.pull()
  return new ResultStream(inbox, {
    length: () => extent.total,
    wanted: () => {
      // Room that is given back item by item is worth a look at the source only when there is some of it.
      inbox.lookAt = inbox.given + ((extent.pulled - inbox.given) >> 2)
      intake.pull()
    },
    left: async () => {
      const stopped = intake.stop()
      work.abort(undefined)
      await stopped
    },
  })
}
