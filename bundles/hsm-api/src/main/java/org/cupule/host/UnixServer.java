package org.cupule.host;

import java.nio.file.Path;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A local socket that listens.
 *
 * @threading any thread
 */
@ProviderType
public interface UnixServer extends AutoCloseable {
    /** {@return where its file is} */
    Path path();

    /**
     * Waits for a connection. One of another user is closed without a word.
     *
     * @return it, owned by the caller; empty when the server was closed
     */
    Optional<UnixConnection> accept();

    /** Ends it, and who waits in {@link #accept}; removes its file. Does nothing when it is closed. */
    @Override
    void close();
}
