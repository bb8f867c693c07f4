// A runner knows of a post step only once the main step has run.
const { INPUT_CREATED, INPUT_ALIVE, INPUT_SECRETS } = process.env
console.log(
  `After this job the sandbox must have seen ${INPUT_CREATED} created keys, ${INPUT_ALIVE} of them alive, and hold ${INPUT_SECRETS} secrets`,
)
