package org.cupule.deployer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.cupule.swap.SwapReport;
import org.cupule.swap.Swappable.Target;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves all live instances of some bundles' models to another bundle's, or none.
 *
 * @threading confined to one transaction
 */
final class Move {
    private static final Logger LOG = LoggerFactory.getLogger(Move.class);

    private final Instances instances;
    private final List<Long> from;
    private final long to;
    private final Duration deadline;
    private final List<Moved> moved = new ArrayList<>();

    private record Moved(Target before, SwapReport report) {
    }

    Move(Instances instances, List<Long> from, long to, Duration deadline) {
        this.instances = instances;
        this.from = from;
        this.to = to;
        this.deadline = deadline;
    }

    List<SwapReport> reports() {
        return moved.stream().map(Moved::report).toList();
    }

    /** Moves them all; when one fails, those that had moved go back, and the failure is thrown. */
    void commitOrReturn() {
        List<Target> targets = from.stream().flatMap(bundle -> instances.targetsOf(bundle).stream()).toList();
        List<ModelInfo> models = targets.stream().map(this::successor).toList();
        try {
            for (int i = 0; i < targets.size(); i++) {
                moved.add(new Moved(targets.get(i), instances.move(targets.get(i).name(), to, models.get(i),
                        deadline)));
            }
        } catch (RuntimeException e) { // also what a plug-in throws
            goBack();
            throw e;
        }
    }

    private void goBack() {
        for (Moved step : moved.reversed()) {
            try {
                instances.move(step.before().name(), step.before().bundle(), step.before().model(), deadline);
            } catch (RuntimeException e) {
                LOG.error("{} cannot go back to {}", step.before().name(), step.before().model().id(), e);
            }
        }
        moved.clear();
    }

    /** {@return the model of the new bundle that takes over: that of the same name, else the only one of the kind} */
    private ModelInfo successor(Target target) {
        ModelInfo old = target.model();
        List<ModelInfo> kin = instances.offersOf(to).filter(model -> model.kind().equals(old.kind())).toList();
        return kin.stream().filter(model -> model.name().equals(old.name())).findFirst()
                .or(() -> kin.size() == 1 ? kin.stream().findFirst() : Optional.empty())
                .orElseThrow(() -> new HsmException(Errno.EINVAL, "swap",
                        "%s is a %s/%s, for which the new plug-in offers %s".formatted(target.name(), old.kind(),
                                old.name(), kin.isEmpty() ? "nothing" : kin.stream().map(ModelInfo::id).toList())));
    }
}
