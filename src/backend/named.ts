import { load } from '../base/load.ts'
import type { Backend, BackendName } from './backend.ts'

/** The backend of this name, loaded when it is first asked for. */
export function backendNamed(name: BackendName): Backend {
  switch (name) {
    case 'process':
      return load<typeof import('./processes.ts')>('../backend/processes.js').processBackend
    case 'thread':
      return load<typeof import('./threads.ts')>('../backend/threads.js').threadBackend
    case 'inline':
      return load<typeof import('./inline.ts')>('../backend/inline.js').inlineBackend
  }
}
