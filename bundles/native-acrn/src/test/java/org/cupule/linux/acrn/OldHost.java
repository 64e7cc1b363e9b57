package org.cupule.linux.acrn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.cupule.host.Descriptor;
import org.cupule.host.DescriptorTable;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.host.SocketType;
import org.cupule.host.UnixConnection;
import org.cupule.host.UnixServer;

/** A host that knows nothing of devices, and of which nothing else is wanted here. */
class OldHost implements Host {
    private static IllegalStateException notWanted() {
        return new IllegalStateException("not in this test");
    }

    @Override
    public String name() {
        return "old";
    }

    @Override
    public Descriptor memory(String name, long lengthBytes) {
        throw notWanted();
    }

    @Override
    public MemorySegment map(Descriptor memory, long offset, long lengthBytes, Arena arena) {
        throw notWanted();
    }

    @Override
    public EventFd eventFd(int initial) {
        throw notWanted();
    }

    @Override
    public EventFd eventFd(Descriptor descriptor) {
        throw notWanted();
    }

    @Override
    public DescriptorTable descriptors() {
        throw notWanted();
    }

    @Override
    public UnixServer listen(Path path, SocketType type) {
        throw notWanted();
    }

    @Override
    public UnixConnection connect(Path path, SocketType type) {
        throw notWanted();
    }
}
