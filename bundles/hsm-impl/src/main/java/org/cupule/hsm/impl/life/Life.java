package org.cupule.hsm.impl.life;

import java.util.concurrent.atomic.AtomicReference;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Whether a VM is there, about to go, or gone.
 *
 * <pre>
 *  THERE --begin--> GOING --end--> GONE
 *    ^                |
 *    '---- revert ----'      the hypervisor refused: the VM stays fully usable (hsm.md 4.6)
 * </pre>
 *
 * @threading any thread
 */
public final class Life {
    private enum Stage {
        THERE, GOING, GONE
    }

    private final String name;
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.THERE);

    /** Begins a life. */
    public Life(String name) {
        this.name = name;
    }

    /** Fails with EINVAL when the VM is gone, as an ioctl without a valid vmid does ({@code hsm.md} 2.3). */
    public void check(String operation) {
        if (stage.get() == Stage.GONE) {
            throw new HsmException(Errno.EINVAL, operation,
                    "VM '" + name + "' is destroyed; create a new one with HypervisorServiceModule.create");
        }
    }

    /** {@return whether it is gone} */
    public boolean gone() {
        return stage.get() == Stage.GONE;
    }

    /** Begins to destroy. @return false when that was begun already */
    public boolean begin() {
        return stage.compareAndSet(Stage.THERE, Stage.GOING);
    }

    /** The hypervisor refused. */
    public void revert() {
        stage.set(Stage.THERE);
    }

    /** The hypervisor has destroyed it. */
    public void end() {
        stage.set(Stage.GONE);
    }
}
