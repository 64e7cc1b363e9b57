package org.cupule.types;

/**
 * The error numbers of the Linux ABI that the HSM can answer with.
 *
 * <p>
 * Source: {@code hsm.md} section 3.4 and the checks of each topic.
 *
 * @threading immutable
 */
public enum Errno {
    /** Operation not permitted: also the hypervisor's generic failure (-1). */
    EPERM(1),
    /** No such file or directory: an image, device or service that is not there. */
    ENOENT(2),
    /** Interrupted. */
    EINTR(4),
    /** Input or output error. */
    EIO(5),
    /** Bad file descriptor. */
    EBADF(9),
    /** Try again. */
    EAGAIN(11),
    /** Out of memory, or out of a bounded resource. */
    ENOMEM(12),
    /** Permission denied. */
    EACCES(13),
    /** Bad address. */
    EFAULT(14),
    /** Device or resource busy. */
    EBUSY(16),
    /** Already exists. */
    EEXIST(17),
    /** No such device. */
    ENODEV(19),
    /** Invalid argument. */
    EINVAL(22),
    /** Too many open files in the system. */
    ENFILE(23),
    /** Too many open files in the process. */
    EMFILE(24),
    /** Inappropriate ioctl: unknown command or hypercall. */
    ENOTTY(25),
    /** No space left. */
    ENOSPC(28),
    /** The other end of a pipe or socket is gone. */
    EPIPE(32),
    /** A name is too long. */
    ENAMETOOLONG(36),
    /** Not implemented by this hypervisor. */
    ENOSYS(38),
    /** A message is too long. */
    EMSGSIZE(90),
    /** Operation not supported by this implementation. */
    EOPNOTSUPP(95),
    /** An address is in use. */
    EADDRINUSE(98),
    /** The other end has broken a connection off. */
    ECONNRESET(104),
    /** A deadline passed. */
    ETIMEDOUT(110),
    /** Nobody listens there. */
    ECONNREFUSED(111),
    /** Just that is going on already. */
    EALREADY(114);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /** {@return the positive Linux number} */
    public int number() {
        return number;
    }

    /** {@return the constant for a positive Linux number; {@link #EIO} for one that is not listed} */
    public static Errno of(int number) {
        for (Errno errno : values()) {
            if (errno.number == number) {
                return errno;
            }
        }
        return EIO;
    }
}
