package org.cupule.swap;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.cupule.types.ModelInfo;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Who owns live instances of pluggable models and can move one from its model to another while the guest runs: machine
 * for devices, a simulated hypervisor for hardware. An OSGi service; the deployer and the shell use all that are there.
 *
 * <p>
 * A swap: check that the new model reads a state version that the old one writes (else refused, with nothing touched);
 * make the new instance; quiesce; save; restore; rebind; commit. When anything fails before the commit, the old
 * instance goes on as if nothing had happened. A request that arrives in between waits in its slot and is served
 * exactly once.
 *
 * @threading any thread; one swap of a target at a time
 */
@ConsumerType
public interface Swappable {
    /** {@return the live instances, in a stable order} */
    List<Target> targets();

    /** {@return the models that are offered now and of which instances could be made, preferred ones first} */
    List<Offer> offers();

    /**
     * Moves an instance to another model.
     *
     * @param target
     *            a target's name
     * @param bundle
     *            the bundle that offers the model, or -1 for the preferred one of that name
     * @param model
     *            {@code name} or {@code name@version}
     * @param deadline
     *            how long quiescing may take before the swap is given up
     * @return what happened
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is no such target or model; EBUSY when a swap of the target is going on; EINVAL
     *             when the state versions do not meet (the sentence names kind, versions and fields); ETIMEDOUT when
     *             quiescing missed the deadline (the sentence names who did not arrive); EIO when the new model failed
     *             in create or restore. In each case the old instance goes on.
     */
    SwapReport swap(String target, long bundle, String model, Duration deadline);

    /** {@return the threads that were left behind in plug-ins and have not come back} */
    default List<StuckThread> stuck() {
        return List.of();
    }

    /**
     * Tells what stands against a swap, as far as that can be known without one; touches nothing.
     *
     * @param target
     *            as for {@link #swap}
     * @param bundle
     *            as for {@link #swap}
     * @param model
     *            as for {@link #swap}
     * @return the sentence with which the swap would be refused; empty when it would be tried
     * @throws org.cupule.types.HsmException
     *             ENOENT when there is no such target or model
     */
    default Optional<String> objection(String target, long bundle, String model) {
        return Optional.empty();
    }

    /**
     * One live instance.
     *
     * @param name
     *            its name, unique in the platform: {@code vm1.com1}, {@code vm1.ept}, {@code vm1.cpu0},
     *            {@code vm1.lapic1}
     * @param vmid
     *            the VM it belongs to
     * @param model
     *            its model
     * @param bundle
     *            the id of the bundle that the model comes from, or -1
     * @param status
     *            {@code running}, or why it does not: {@code parked: ...}, {@code quarantined: ...}
     * @threading immutable
     */
    record Target(String name, int vmid, ModelInfo model, long bundle, String status) {
    }

    /**
     * One model that is offered.
     *
     * @param model
     *            the model
     * @param bundle
     *            the id of the bundle that offers it, or -1
     * @threading immutable
     */
    record Offer(ModelInfo model, long bundle) {
    }
}
