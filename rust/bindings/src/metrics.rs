use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use medmnist_core::metrics::{Measures, Predictions, Scorer, Task};

use crate::arrays::elements;
use crate::error::OrRaise;
use crate::npz::Report;

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

fn predictions<'a>(
    task: &str,
    y_true: &'a PyReadonlyArray2<'_, i64>,
    y_score: &'a PyReadonlyArray2<'_, f64>,
    threshold: f64,
) -> PyResult<Predictions<'a>> {
    let [label_columns, score_columns] = [y_true.shape()[1], y_score.shape()[1]];
    let (labels, scores) = (elements(y_true)?, elements(y_score)?);
    Predictions::new(parse(task)?, labels, label_columns, scores, score_columns, threshold).or_raise()
}

#[pyfunction]
#[pyo3(signature = (task, y_true, y_score, threshold = 0.5))]
pub(crate) fn evaluate(
    py: Python<'_>,
    task: &str,
    y_true: PyReadonlyArray2<'_, i64>,
    y_score: PyReadonlyArray2<'_, f64>,
    threshold: f64,
) -> PyResult<(Vec<f64>, f64)> {
    let predictions = predictions(task, &y_true, &y_score, threshold)?;
    let scores = py.detach(|| predictions.evaluate());
    Ok((scores.auc, scores.acc))
}

/// Values, and cells of confusion matrices.
type Measured<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<u64>>);

#[pyfunction]
pub(crate) fn measure<'py>(
    py: Python<'py>,
    task: &str,
    y_true: PyReadonlyArray2<'_, i64>,
    y_score: PyReadonlyArray2<'_, f64>,
) -> PyResult<Measured<'py>> {
    let predictions = predictions(task, &y_true, &y_score, 0.5)?;
    let work = || Scorer::new(predictions).map(|scorer| (flat(&scorer.measure()), scorer.confusion()));
    let (values, confusion) = py.detach(work).or_raise()?;
    Ok((values.into_pyarray(py), confusion.into_pyarray(py)))
}

#[pyfunction]
pub(crate) fn bootstrap<'py>(
    py: Python<'py>,
    task: &str,
    y_true: PyReadonlyArray2<'_, i64>,
    y_score: PyReadonlyArray2<'_, f64>,
    resamples: u32,
    seed: u64,
    threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let predictions = predictions(task, &y_true, &y_score, 0.5)?;
    let report = Report::new(None);
    let work = || {
        let measures =
            Scorer::new(predictions)?.bootstrap(resamples, seed, threads, &|done, total| report.tell(done, total))?;
        Ok(measures.iter().flat_map(flat).collect::<Vec<f64>>())
    };
    let values = py.detach(work).or_raise()?;
    let columns = values.len() / (resamples as usize).max(1);
    values.into_pyarray(py).reshape([resamples as usize, columns])
}

/// The summary, then the three values of each class.
fn flat(measures: &Measures) -> Vec<f64> {
    measures.summary.iter().chain(measures.classes.iter().flatten()).copied().collect()
}
