package org.cupule.hsm.snapshot;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * How one VM is saved.
 *
 * <p>
 * A request that is in flight is part of the state: one that waits for its client, or is with a client that has not
 * answered yet, is posted again in the restored VM, and served there by whoever claims its address then. One that is
 * inside a handler which is called inline is waited for first, since what such a handler has done is part of the state
 * of its device already. So no request is lost, and none is answered twice.
 *
 * @threading any thread
 */
@ProviderType
public interface Snapshot {
    /** {@return what keeps the VM from being saved, one sentence each; empty when nothing does} */
    List<String> obstacles();

    /**
     * Takes a snapshot. While the writer runs, nothing of the VM changes: it cannot go on, be reset or destroyed, and
     * no client gets or answers a request; these wait for the end.
     *
     * @param writer
     *            is called once, on this thread; what it throws comes out of here
     * @throws org.cupule.types.HsmException
     *             EBUSY unless the VM is PAUSED; EOPNOTSUPP with all {@link #obstacles}; ETIMEDOUT when a handler does
     *             not return, with the name of its client
     */
    void take(Consumer<StillVm> writer);
}
