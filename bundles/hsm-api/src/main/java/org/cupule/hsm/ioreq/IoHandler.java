package org.cupule.hsm.ioreq;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Answers I/O requests. The handler returns a value; only the dispatcher writes slots.
 *
 * @threading inline clients: any thread, several at once; threaded clients: the client's thread
 */
@ConsumerType
@FunctionalInterface
public interface IoHandler {
    /**
     * Answers one request.
     *
     * @param access
     *            the request: a view that is valid during the call only
     * @return what a read yields, of which the low {@code size} bytes count; ignored for a write
     * @throws RuntimeException
     *             counts as a failure: the handler is tried again a bounded number of times, then the request is
     *             answered with all ones and the client counts a failure
     */
    long handle(IoAccess access);
}
