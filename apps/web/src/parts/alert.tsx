/** What was refused, in a sentence. Nothing when there is nothing to say. */
export function Alert({ says, id }: { says: string; id?: string }) {
  if (says === "") return null
  return (
    <p class="alert" role="alert" id={id}>
      {says}
    </p>
  )
}
