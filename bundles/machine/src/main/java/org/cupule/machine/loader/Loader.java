package org.cupule.machine.loader;

/**
 * Knows one format of image.
 *
 * @threading immutable
 */
interface Loader {
    /** {@return the format's name in a VM file} */
    String format();

    /** {@return whether the image says, by its content, that it is of this format} */
    boolean recognises(ImageBytes image);

    /**
     * Lays the image out.
     *
     * @throws org.cupule.types.HsmException
     *             EINVAL with one sentence for an image that is bad, or too large for the machine
     */
    LoadPlan plan(ImageBytes image, BootRequest request);
}
