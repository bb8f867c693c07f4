import { cleanUp, runCommand } from './bundle.js'

// Post step of the root action: it never fails a job.
void runCommand(cleanUp, (runner, message) => runner.warning(message))
