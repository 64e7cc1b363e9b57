package org.cupule.host;

import org.osgi.annotation.versioning.ProviderType;

/**
 * An open file descriptor, owned by who made, received or duplicated it.
 *
 * @threading any thread
 */
@ProviderType
public interface Descriptor extends AutoCloseable {
    /** {@return its number in this process, for people and logs}; EBADF when it is closed */
    int number();

    /** {@return what it refers to, for people: {@code anon_inode:[eventfd]}, {@code /memfd:ram}} */
    String target();

    /** {@return a second descriptor of the same thing, owned by the caller} */
    Descriptor duplicate();

    /** Closes it; does nothing when it is closed. A call that is inside ends first. */
    @Override
    void close();
}
