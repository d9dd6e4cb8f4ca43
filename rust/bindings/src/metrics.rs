use numpy::{PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::metrics::{self, Task};

use crate::arrays::elements;
use crate::error::OrRaise;

/// The names are those of `INFO[flag]["task"]`.
fn parse(task: &str) -> PyResult<Task> {
    match task {
        "multi-class" | "ordinal-regression" => Ok(Task::MultiClass),
        "binary-class" => Ok(Task::Binary),
        "multi-label, binary-class" => Ok(Task::MultiLabel),
        _ => Err(PyValueError::new_err(format!(
            "task {task:?}; allowed: multi-class, ordinal-regression, binary-class, or multi-label, binary-class"
        ))),
    }
}

#[pyfunction]
pub(crate) fn evaluate(
    py: Python<'_>,
    task: &str,
    y_true: PyReadonlyArray2<'_, i64>,
    y_score: PyReadonlyArray2<'_, f64>,
) -> PyResult<(Vec<f64>, f64)> {
    let task = parse(task)?;
    let [label_columns, score_columns] = [y_true.shape()[1], y_score.shape()[1]];
    let (labels, scores) = (elements(&y_true)?, elements(&y_score)?);
    let result = py.detach(|| metrics::evaluate(task, labels, label_columns, scores, score_columns)).or_raise()?;
    Ok((result.auc, result.acc))
}
