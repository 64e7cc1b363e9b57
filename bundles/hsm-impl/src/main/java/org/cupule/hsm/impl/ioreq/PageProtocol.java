package org.cupule.hsm.impl.ioreq;

import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Partition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who stores which state into the page, and when the hypervisor is told ({@code hsm.md} 7.3, 7.4).
 *
 * @threading the owner of a slot's word, for that slot
 */
abstract sealed class PageProtocol {
    private static final Logger LOG = LoggerFactory.getLogger(PageProtocol.class);

    final IoRequestPage page;
    final Partition partition;
    private final RefusedNotices refused;

    private PageProtocol(IoRequestPage page, Partition partition, RefusedNotices refused) {
        this.page = page;
        this.partition = partition;
        this.refused = refused;
    }

    /** {@return whether a request waits here for its dispatcher} */
    abstract boolean posted(int vcpu);

    /** {@return whether {@link #posted} tells a new request from one that is with its client} */
    abstract boolean reposts();

    /** {@return whether the slot still holds the request that is to be answered: nobody may have changed its state} */
    abstract boolean held(int vcpu);

    /** Marks the request as being with a client. */
    abstract void processing(int vcpu, boolean kernelHandled);

    /** Publishes the answer, which is in the page already, and lets go of the slot. */
    abstract void complete(Slot slot, long generation);

    final void finish(int vcpu) {
        try {
            partition.finish(vcpu);
        } catch (RuntimeException failure) {
            refused.tell(vcpu, failure);
        }
    }

    /**
     * The HSM runs the protocol: the hypervisor posts PENDING requests.
     *
     * @threading as its superclass
     */
    static final class Raw extends PageProtocol {
        Raw(IoRequestPage page, Partition partition) {
            super(page, partition, new RefusedNotices(partition, LOG));
        }

        @Override
        boolean posted(int vcpu) {
            return page.state(vcpu) == IoRequestPage.PENDING;
        }

        @Override
        boolean reposts() {
            return true;
        }

        @Override
        boolean held(int vcpu) {
            return page.state(vcpu) == IoRequestPage.PROCESSING;
        }

        @Override
        void processing(int vcpu, boolean kernelHandled) {
            page.kernelHandled(vcpu, kernelHandled);
            page.state(vcpu, IoRequestPage.PROCESSING);
        }

        @Override
        void complete(Slot slot, long generation) {
            int vcpu = slot.vcpu();
            // Before COMPLETE: afterwards the slot belongs to the hypervisor (hsm.md 7.4).
            boolean polling = page.completionPolling(vcpu);
            page.state(vcpu, IoRequestPage.COMPLETE);
            slot.answered(generation);
            if (!polling) {
                finish(vcpu);
            }
        }
    }

    /**
     * A driver below runs the protocol: it posts requests that are PROCESSING and of their final type, and sets
     * COMPLETE itself when it is told that the answer is there.
     *
     * @threading as its superclass
     */
    static final class Claimed extends PageProtocol {
        Claimed(IoRequestPage page, Partition partition) {
            this(page, partition, LOG);
        }

        /** Tells refused notices to a log of the caller's. */
        Claimed(IoRequestPage page, Partition partition, Logger log) {
            super(page, partition, new RefusedNotices(partition, log));
        }

        @Override
        boolean posted(int vcpu) {
            return page.state(vcpu) == IoRequestPage.PROCESSING;
        }

        @Override
        boolean reposts() {
            return false;
        }

        @Override
        boolean held(int vcpu) {
            return posted(vcpu);
        }

        @Override
        void processing(int vcpu, boolean kernelHandled) {
            // The driver has stored PROCESSING.
        }

        @Override
        void complete(Slot slot, long generation) {
            // The slot stays PROCESSING until the driver is told, so only then may it be claimed again.
            finish(slot.vcpu());
            slot.answered(generation);
        }
    }
}
