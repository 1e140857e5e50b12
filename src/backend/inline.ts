import type { Backend } from './backend.ts'
import { threadBackend } from './threads.ts'

export const inlineBackend: Backend = { ...threadBackend, name: 'inline' }
