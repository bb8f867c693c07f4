import { cleanUp, runCommand } from './index.js'

// Post step of the root action: it never fails a job.
void runCommand(cleanUp, (runner, message) => runner.warning(message))
