import { PICTURE_LIMIT } from "@tessera/node/api"
import { dataUrl } from "../state/pictures.ts"

const SIDE = 320
/** Larger files are not read: nothing that a camera makes, and a browser would choke on it. */
const FILE_LIMIT = 60_000_000
const QUALITIES = [0.86, 0.7, 0.5, 0.3] as const

/** A picture that is ready for the node. */
export interface SquarePicture {
  /** A `data:` address, to show it. */
  readonly shown: string
  /** Base64 of the WebP. */
  readonly bytes: string
}

/** Says, in a sentence for the person, why a file cannot be their picture. */
export class PictureProblem extends Error {
  override readonly name = "PictureProblem"
}

/**
 * Cuts the largest square from the middle of a picture and draws it anew at 320 x 320 at most, as WebP: place, camera and whatever else
 * the file told stay behind.
 * @throws {PictureProblem} with a sentence
 */
export async function squarePicture(file: Blob): Promise<SquarePicture> {
  if (file.size > FILE_LIMIT) throw new PictureProblem("This file is too large to be used as a picture. Please choose a smaller one.")
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file)
  } catch {
    throw new PictureProblem("This file is no picture that your browser can read. Photos as JPEG, PNG, WebP or GIF work.")
  }
  try {
    const canvas = draw(bitmap)
    for (const quality of QUALITIES) {
      const blob = await encode(canvas, quality)
      if (blob.size > PICTURE_LIMIT) continue
      const shown = await dataUrl(blob)
      return { shown, bytes: shown.slice(shown.indexOf(",") + 1) }
    }
    throw new PictureProblem("This picture could not be made small enough. Please choose another one.")
  } finally {
    bitmap.close()
  }
}

function draw(bitmap: ImageBitmap): HTMLCanvasElement {
  const cut = Math.min(bitmap.width, bitmap.height)
  const side = Math.min(SIDE, cut)
  const canvas = document.createElement("canvas")
  canvas.width = side
  canvas.height = side
  const context = canvas.getContext("2d")
  if (context === null) throw new PictureProblem("Your browser cannot draw pictures, so it cannot prepare this one.")
  context.imageSmoothingQuality = "high"
  context.drawImage(bitmap, (bitmap.width - cut) / 2, (bitmap.height - cut) / 2, cut, cut, 0, 0, side, side)
  return canvas
}

function encode(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => {
        if (blob?.type === "image/webp") resolve(blob)
        else reject(new PictureProblem("Your browser cannot prepare pictures in the form that Tessera keeps (WebP). A newer one can."))
      },
      "image/webp",
      quality,
    )
  })
}
