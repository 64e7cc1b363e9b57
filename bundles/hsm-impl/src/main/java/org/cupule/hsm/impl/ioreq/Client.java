package org.cupule.hsm.impl.ioreq;

import org.cupule.hsm.ioreq.ClientInfo;

/**
 * Who answers requests.
 *
 * @threading any thread
 */
abstract sealed class Client permits HandlerClient, AttachedClient {
    /**
     * The age of the oldest client of a VM, of which there is one at most; {@link ClientRegistry#nextOrder} is higher.
     */
    static final long OLDEST = 0;

    private static final int MAX_NAME = 15;
    /** Counts of two vCPUs are a cache line apart. */
    private static final int STRIDE = 8;

    private final String name;
    private final long order;
    private final long[] requests;

    Client(String name, long order, int vcpus) {
        this.name = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name;
        this.order = order;
        this.requests = new long[vcpus * STRIDE];
    }

    final String clientName() {
        return name;
    }

    /** {@return its age: higher is newer} */
    final long order() {
        return order;
    }

    /** {@return whether it is a default client} */
    abstract boolean fallback();

    /** {@return the form as people read it} */
    abstract String form();

    /** Gets a request. Nobody can answer or drop it before this call has returned. */
    void taken(int vcpu) {
        // What a handler does with a request begins with serve.
    }

    /** Serves a request, or has it served; called by the dispatcher, which has made the slot SERVING. */
    abstract void serve(Slot slot, long generation);

    /** The request of a vCPU was taken away by a reset or a destroyed VM. */
    abstract void dropped(int vcpu);

    /** The request of a slot was answered; called by who owns the slot's word, so the count needs no atomics. */
    void answered(Slot slot) {
        requests[slot.vcpu() * STRIDE]++;
    }

    final ClientInfo info(java.util.List<org.cupule.types.IoRange> ranges) {
        long sum = 0;
        for (int i = 0; i < requests.length; i += STRIDE) {
            sum += requests[i];
        }
        return new ClientInfo(name, form(), ranges, sum, failures());
    }

    /** {@return how many requests it failed to answer} */
    abstract long failures();
}
