package org.cupule.machine.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/** The CBOR of one state, as it lies in a snapshot. In its package to reach what is not public. */
public final class FuzzedState {
    private FuzzedState() {
    }

    /** {@return a state as bytes} */
    public static byte[] write(ModelState state) {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator cbor = SnapshotFormat.cbor().createGenerator(bytes)) {
            StateCodec.write(cbor, state);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** {@return the state that the bytes begin with; nothing where they are refused} */
    public static Optional<ModelState> read(byte[] bytes) {
        try (JsonParser cbor = SnapshotFormat.cbor().createParser(bytes)) {
            cbor.nextToken();
            return Optional.of(new StateCodec(cbor).state());
        } catch (IOException | StateException | IllegalArgumentException refused) {
            return Optional.empty();
        }
    }
}
