import * as tasks from './tasks.ts'
import { loadWorkerpool } from './workerpool.ts'

const library = await loadWorkerpool()
library.worker({ ...tasks })
