package org.cupule.hv.sim;

import org.cupule.abi.IoRequestPage;

/**
 * The hypervisor's side of one vCPU's slot in the I/O request page ({@code hsm.md} 7.2 to 7.4, 7.13).
 *
 * @threading confined to the thread that runs the vCPU, but for {@link #complete} and {@link #text}
 */
final class Slot {
    private final SimPartition vm;
    private final int index;
    private long requests;

    Slot(SimPartition vm, int index) {
        this.vm = vm;
        this.index = index;
    }

    /**
     * Fills the slot and makes it PENDING. Whoever reads PENDING with acquire sees the fields.
     *
     * @return false when the slot is not FREE: then nothing was done
     */
    boolean post(int type, long address, int size, boolean write, long value) {
        IoRequestPage page = vm.page();
        if (page.state(index) != IoRequestPage.FREE) {
            return false;
        }
        page.type(index, type);
        page.completionPolling(index, vm.polling());
        page.write(index, write);
        page.address(index, address);
        page.size(index, size);
        page.value(index, write ? value : 0);
        requests++;
        page.state(index, IoRequestPage.PENDING);
        return true;
    }

    /** {@return whether the request has been answered} @threading any thread */
    boolean complete() {
        return vm.page().state(index) == IoRequestPage.COMPLETE;
    }

    /** Makes the slot FREE. @return the value that was read */
    long take() {
        IoRequestPage page = vm.page();
        long value = page.value(index);
        page.state(index, IoRequestPage.FREE);
        return value;
    }

    /** {@return whether there is a request, answered or not} */
    boolean taken() {
        return vm.page().state(index) != IoRequestPage.FREE;
    }

    /** So many requests there were, before this partition was made of what was saved. */
    void restore(long before) {
        requests = before;
    }

    /** {@return how many requests there were} */
    long requests() {
        return requests;
    }

    /** {@return the request for people, perhaps torn when it is just being made} @threading any thread */
    String text() {
        IoRequestPage page = vm.page();
        return "in request %s %s 0x%x".formatted(page.write(index) ? "write" : "read",
                page.type(index) == IoRequestPage.PORTIO ? "port" : "memory", page.address(index));
    }
}
