package org.cupule.types;

/**
 * A request of a caller that could not be carried out: the error number, the operation and a sentence with the values
 * concerned and what to do about it. Guest trouble is never reported this way.
 *
 * @threading immutable
 */
public final class HsmException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Errno errno;
    private final String operation;

    /**
     * Makes a failure.
     *
     * @param errno
     *            the error number a client of the Linux driver would see
     * @param operation
     *            the operation that failed, as its method or ioctl is called
     * @param sentence
     *            what was wrong, with the values, and what to do
     */
    public HsmException(Errno errno, String operation, String sentence) {
        super(operation + ": " + sentence + " [" + errno + "]");
        this.errno = errno;
        this.operation = operation;
    }

    /** Makes a failure with the host-side cause. */
    public HsmException(Errno errno, String operation, String sentence, Throwable cause) {
        super(operation + ": " + sentence + " [" + errno + "]", cause);
        this.errno = errno;
        this.operation = operation;
    }

    /** {@return the error number} */
    public Errno errno() {
        return errno;
    }

    /** {@return the operation that failed} */
    public String operation() {
        return operation;
    }
}
