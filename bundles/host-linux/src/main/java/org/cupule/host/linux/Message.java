package org.cupule.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.cupule.host.Descriptor;

/**
 * One message of a local socket, as sendmsg and recvmsg take it: bytes, and descriptors in a control message.
 *
 * <pre>
 *  struct msghdr  56    +0 name  +8 name length:4  +16 iovec*  +24 iovecs  +32 control*  +40 control length  +48 flags:4
 *  struct iovec   16    +0 base*  +8 length
 *  struct cmsghdr 16    +0 length, header included  +8 level:4  +12 type:4  then the data, padded to 8
 * </pre>
 *
 * <p>
 * Source: Linux manual pages recvmsg(2), cmsg(3), unix(7); 64-bit layouts.
 *
 * @threading confined to the call that made it
 */
final class Message {
    private static final ValueLayout.OfInt INT = Native.INT;
    private static final ValueLayout.OfLong LONG = Native.LONG;

    private static final int HEADER_BYTES = 56;
    private static final int VECTOR = 16;
    private static final int VECTORS = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int CONTROL_HEADER = 16;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int TRUNCATED = 0x20;
    private static final int CONTROL_TRUNCATED = 0x8;
    /** The most descriptors that the kernel passes with one message (SCM_MAX_FD): room for a greedy sender's too. */
    private static final int MOST = 253;

    private final MemorySegment header;
    private final MemorySegment bytes;
    private final MemorySegment control;

    private Message(Arena arena, MemorySegment bytes, int controlBytes) {
        this.bytes = bytes;
        header = arena.allocate(HEADER_BYTES, Long.BYTES);
        control = controlBytes == 0 ? MemorySegment.NULL : arena.allocate(controlBytes, Long.BYTES);
        MemorySegment vector = arena.allocate(16, Long.BYTES);
        vector.set(Native.POINTER, 0, bytes);
        vector.set(LONG, 8, bytes.byteSize());
        header.set(Native.POINTER, VECTOR, vector);
        header.set(LONG, VECTORS, 1);
        header.set(Native.POINTER, CONTROL, control);
        header.set(LONG, CONTROL_LENGTH, controlBytes);
    }

    /** {@return a message to send} */
    static Message outgoing(Arena arena, MemorySegment bytes, int[] descriptors) {
        if (descriptors.length == 0) {
            return new Message(arena, bytes, 0);
        }
        int length = CONTROL_HEADER + descriptors.length * Integer.BYTES;
        Message message = new Message(arena, bytes, length + 7 & ~7);
        message.control.set(LONG, 0, length);
        message.control.set(INT, 8, SOL_SOCKET);
        message.control.set(INT, 12, SCM_RIGHTS);
        for (int i = 0; i < descriptors.length; i++) {
            message.control.set(INT, CONTROL_HEADER + (long) i * Integer.BYTES, descriptors[i]);
        }
        return message;
    }

    /** {@return room for a message to receive} */
    static Message incoming(Arena arena, int maxBytes) {
        return new Message(arena, arena.allocate(maxBytes), CONTROL_HEADER + MOST * Integer.BYTES + 7 & ~7);
    }

    MemorySegment header() {
        return header;
    }

    /** {@return what was received} */
    byte[] bytes(long count) {
        return bytes.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
    }

    /** {@return whether a part of it did not fit} */
    boolean truncated() {
        return (header.get(INT, FLAGS) & (TRUNCATED | CONTROL_TRUNCATED)) != 0;
    }

    /** {@return the descriptors that came along, owned by the caller} */
    List<Descriptor> descriptors() {
        List<Descriptor> found = new ArrayList<>();
        long end = Math.min(header.get(LONG, CONTROL_LENGTH), control.byteSize());
        long at = 0;
        while (at + CONTROL_HEADER <= end) {
            long length = control.get(LONG, at);
            if (length < CONTROL_HEADER || length > end - at) {
                break;
            }
            if (control.get(INT, at + 8) == SOL_SOCKET && control.get(INT, at + 12) == SCM_RIGHTS) {
                take(at + CONTROL_HEADER, at + length, found);
            }
            at += length + 7 & ~7L;
        }
        return found;
    }

    private void take(long from, long end, List<Descriptor> found) {
        for (long at = from; at + Integer.BYTES <= end; at += Integer.BYTES) {
            found.add(new LinuxDescriptor(control.get(INT, at)));
        }
    }
}
