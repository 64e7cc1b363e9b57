package org.cupule.hsm.impl.ioreq;

import org.cupule.hsm.ioreq.IoHandler;
import org.jspecify.annotations.Nullable;

/**
 * A client whose handler is called on the dispatching thread.
 *
 * @threading any thread
 */
final class InlineClient extends HandlerClient {
    InlineClient(String name, IoHandler handler, boolean fallback, ClientRegistry registry, Answers answers) {
        super(name, registry.nextOrder(), handler, fallback, registry, answers);
    }

    private InlineClient(String name, IoHandler handler, ClientRegistry registry, Answers answers) {
        super(name, OLDEST, handler, false, registry, answers);
    }

    /** {@return a client that is older than all others, whenever it is added} */
    static InlineClient oldest(String name, IoHandler handler, ClientRegistry registry, Answers answers) {
        return new InlineClient(name, handler, registry, answers);
    }

    @Override
    String form() {
        return fallback() ? "default inline" : "inline";
    }

    @Override
    void serve(Slot slot, long generation) {
        handle(slot, generation);
    }

    @Override
    void dropped(int vcpu) {
        // Its handler finds out when it answers.
    }

    @Override
    boolean inside(Thread thread) {
        return registry.slots().any(slot -> slot.inside(this, thread));
    }

    @Override
    @Nullable
    Thread servant(Slot slot) {
        return slot.servant();
    }

    @Override
    void stop() {
        // It has no thread.
    }

    @Override
    boolean stopped() {
        return true;
    }
}
