package org.cupule.machine.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.cupule.ram.Ram;
import org.cupule.state.StateException;

/**
 * The content of guest memory to CBOR and back: runs of pages that are not zero.
 *
 * @threading confined to the call
 */
final class MemoryCodec {
    private static final MemorySegment ZERO = MemorySegment.ofArray(new byte[Ram.PAGE_BYTES]);

    private MemoryCodec() {
    }

    static void write(JsonGenerator cbor, Ram ram) throws IOException {
        byte[] buffer = new byte[SnapshotFormat.MOST_RUN_BYTES];
        cbor.writeStartObject();
        cbor.writeNumberField("lengthBytes", ram.lengthBytes());
        cbor.writeArrayFieldStart("runs");
        for (long offset = 0; offset < ram.lengthBytes();) {
            int run = run(ram, offset);
            if (run == 0) {
                offset += Ram.PAGE_BYTES;
            } else {
                ram.read(offset, buffer, 0, run);
                cbor.writeNumber(offset);
                cbor.writeBinary(buffer, 0, run);
                offset += run;
            }
        }
        cbor.writeEndArray();
        cbor.writeEndObject();
    }

    /** {@return how many bytes from here lie in pages that are not zero, up to the longest run} */
    private static int run(Ram ram, long offset) {
        int length = 0;
        while (length < SnapshotFormat.MOST_RUN_BYTES && offset + length < ram.lengthBytes()
                && ram.segment().asSlice(offset + length, Ram.PAGE_BYTES).mismatch(ZERO) >= 0) {
            length += Ram.PAGE_BYTES;
        }
        return length;
    }

    /** Reads into new memory; the parser is at the beginning of a backing, and at its end afterwards. */
    static void read(JsonParser cbor, Ram ram) throws IOException {
        require(cbor.nextToken() == JsonToken.FIELD_NAME && cbor.currentName().equals("lengthBytes")
                && cbor.nextToken() == JsonToken.VALUE_NUMBER_INT && cbor.getLongValue() == ram.lengthBytes(),
                "its length is not the one that the states tell");
        require(cbor.nextToken() == JsonToken.FIELD_NAME && cbor.currentName().equals("runs")
                && cbor.nextToken() == JsonToken.START_ARRAY, "it has no runs");
        long next = 0;
        while (cbor.nextToken() == JsonToken.VALUE_NUMBER_INT) {
            long offset = cbor.getLongValue();
            require(cbor.nextToken() == JsonToken.VALUE_EMBEDDED_OBJECT, "a run has no bytes");
            byte[] run = cbor.getBinaryValue();
            require(offset >= next && offset % Ram.PAGE_BYTES == 0 && run.length % Ram.PAGE_BYTES == 0
                    && run.length > 0 && run.length <= ram.lengthBytes() - offset,
                    "a run is not whole pages inside it");
            ram.write(offset, run, 0, run.length);
            next = offset + run.length;
        }
        require(cbor.currentToken() == JsonToken.END_ARRAY && cbor.nextToken() == JsonToken.END_OBJECT,
                "it does not end where it should");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new StateException("guest memory: " + otherwise);
        }
    }
}
